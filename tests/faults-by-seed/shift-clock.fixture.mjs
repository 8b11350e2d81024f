/** Loaded before a program (`NODE_OPTIONS=--import`): its clock differs from that of the machine by CLOCK_OFFSET_MS. */
const RealDate = Date
const offsetMs = Number(process.env.CLOCK_OFFSET_MS)
const readClock = () => RealDate.now() + offsetMs

globalThis.Date = new Proxy(RealDate, {
  construct: (target, args, newTarget) =>
    Reflect.construct(target, args.length === 0 ? [readClock()] : args, newTarget),
  apply: () => new RealDate(readClock()).toString(),
  get: (target, name) => (name === 'now' ? readClock : Reflect.get(target, name)),
})
