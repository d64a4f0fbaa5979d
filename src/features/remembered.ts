/** A function of an object whose results are kept as long as the object lives. */
export function remembered<Key extends object, Value>(make: (key: Key) => Value): (key: Key) => Value {
  const kept = new WeakMap<Key, { readonly value: Value }>()
  return (key) => {
    const found = kept.get(key)
    if (found) return found.value
    const value = make(key)
    kept.set(key, { value })
    return value
  }
}
