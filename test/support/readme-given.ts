/** What the snippets take for granted, so that each runs as it stands: even tickets are a, and "Which …" knows nine of ten. */
export const GIVEN = `
const examples = Array.from({ length: 10 }, (_, index) => ({ input: String(index), expected: index % 2 ? 'b' : 'a' }))
const ask = async (prompt: string, input: string) => (prompt.startsWith('Which') && input !== '9' ? (Number(input) % 2 ? 'b' : 'a') : 'c')
const pool = [{ id: 'poor', text: 'Classify.' }, { id: 'good', text: 'Which team?' }]
const train = ({ rate, depth, loss }: Record<string, any> = {}) => (Math.log10(rate) + 2) ** 2 + (depth - 4) ** 2 / 4 + (loss === 'l2' ? 0 : 1)
const measure = async (candidate: { id: string }, asked: readonly number[]) => asked.map((example) => (candidate.id === 'good' && example !== 9 ? 1 : 0))
`
