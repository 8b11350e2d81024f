/** The environment alone, for programs that load neither queue nor store. */
export { checkEnvironment, pickEnvironment, type Environment } from './catalogue.ts'
