import { InvalidInputError, KrigeError, UnavailableError } from '../../errors.ts'

/** Error codes of PostgreSQL, https://www.postgresql.org/docs/current/errcodes-appendix.html, and of sockets. */
const MEANINGS: readonly (readonly [RegExp, string, string])[] = [
  [
    /^(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|ENOENT|EACCES)$/,
    'the database cannot be reached',
    'Check host and port of the store, and that the server runs and may be reached from here.',
  ],
  [/^28/, 'the database refuses the user or password', 'Check both in its address, or set PGUSER and PGPASSWORD.'],
  [/^3D000$/, 'there is no such database', 'Make it with createdb, or name another in the address.'],
  [/^42501$/, 'the database does not permit that', 'Grant the user CREATE on the database, or use another user.'],
  [/^53100$/, 'the disk of the database is full', 'Free some space and run it again; the study resumes.'],
  [/^53300$/, 'the database takes no more connections', 'Raise max_connections, or run fewer workers.'],
  [/^25006$/, 'the database is read-only', 'Use the primary server, not a replica.'],
  [
    /^(57P0[123]|08...|ECONNRESET|EPIPE)$/,
    'the connection to the database was lost',
    'Run it again; the study resumes where it stopped.',
  ],
]

/** Says what an error of PostgreSQL means for the user; passes everything else on. */
export function translatePostgresError(error: unknown, where: string): unknown {
  if (KrigeError.isInstance(error) || !(error instanceof Error)) return error
  const cause = error instanceof AggregateError && error.errors[0] instanceof Error ? error.errors[0] : error
  const code = 'code' in cause ? String(cause.code) : ''
  const options = { cause, where }
  for (const [pattern, what, remedy] of MEANINGS) {
    if (pattern.test(code)) return new UnavailableError(what, { ...options, remedy })
  }
  // What the driver says of a connection has no code.
  if (/^(Connection terminated|Client has encountered a connection error|timeout expired)/.test(cause.message)) {
    return new UnavailableError('the connection to the database was lost', { ...options, remedy: MEANINGS.at(-1)![2] })
  }
  if (/SSL|certificate|SASL/.test(cause.message)) {
    return new InvalidInputError(`the database refuses the connection: ${cause.message}`, {
      ...options,
      remedy: 'Check user, password and sslmode in the address.',
    })
  }
  return error
}
