/** The file in DATA_DIR in which `npm start` keeps where it answers, for the command line, while it runs. */
export const ADDRESS_FILE = 'address'

/** Where a program on this machine reaches a server that listens there, without a slash at its end. */
export function describeLocalAddress(host: string, port: number): string {
  if (host === '0.0.0.0' || host === '::') return `http://localhost:${port}`
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`
}
