/** Tells a listener of the user's. What it throws, or rejects with, ends nothing: it was only told. */
export function notify<Told>(listener: ((told: Told) => unknown) | undefined, told: Told): void {
  try {
    const given = listener?.(told)
    if (given instanceof Promise) given.catch(() => {})
  } catch {}
}
