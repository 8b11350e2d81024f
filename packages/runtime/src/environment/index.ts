/** The environment alone, for programs that load neither queue nor store. */
export { checkEnvironment, pickEnvironment, type Environment } from './catalogue.ts'
export { ADDRESS_FILE, describeLocalAddress } from './local-address.ts'
