import { useEffect, useState } from 'react'

/** The value once it has not changed for a while. */
export function useRested<Value>(value: Value, ms: number): Value {
  const [rested, setRested] = useState(value)
  const text = JSON.stringify(value, (_key, part: unknown) => (part instanceof Map ? [...part] : part))
  useEffect(() => {
    const timer = setTimeout(() => setRested(value), ms)
    return () => clearTimeout(timer)
    // What it holds counts, not which object holds it.
    // oxlint-disable-next-line react/exhaustive-deps
  }, [text, ms])
  return rested
}
