const UNITS = ['bytes', 'kB', 'MB', 'GB', 'TB']

/** Such as `512 bytes`, `1.5 MB`: by thousands, as disks count. */
export function formatBytes(bytes: number): string {
  let value = bytes
  let unit = 0
  while (value >= 1_000 && unit < UNITS.length - 1) {
    value /= 1_000
    unit += 1
  }
  return `${unit === 0 ? value : value.toFixed(1)} ${UNITS[unit] ?? ''}`
}
