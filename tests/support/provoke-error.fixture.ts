/** Loaded before a program (`NODE_OPTIONS=--import`): signals make it meet errors that none of its code catches. */
function makeError(): Error {
  return new Error('provoked', { cause: new TypeError('the cause of it') })
}

/** Of promises that nobody waits for. */
const forgotten: Promise<never>[] = []

process.on('SIGUSR2', () => {
  setImmediate(() => {
    throw makeError()
  })
})
process.on('SIGHUP', () => {
  forgotten.push(Promise.reject(makeError()))
})
