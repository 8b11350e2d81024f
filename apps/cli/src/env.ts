import os from 'node:os'
import path from 'node:path'

import { checkEnvironment, pickEnvironment } from '@importer/runtime/environment'

export type CliEnvironment = ReturnType<typeof readCliEnvironment>

/** What the client needs of the environment, checked. Throws an EnvironmentError that names what is wrong. */
export function readCliEnvironment(env: Readonly<Record<string, string | undefined>> = process.env) {
  const picked = pickEnvironment(
    ['HOST', 'PORT', 'DATA_DIR', 'DATABASE_URL', 'DATABASE_APP_ROLE', 'REDEMPTIONS_URL', 'REDEMPTIONS_API_KEY'],
    env,
  )
  return {
    ...picked,
    // npm runs us in the folder of package.json: file names are meant from where the user stands.
    callerFolder: env['INIT_CWD'] ?? process.cwd(),
    configFolder: findConfigFolder(env),
    noColours: (env['NO_COLOR'] ?? '') !== '' || env['TERM'] === 'dumb',
    /** Every variable of an installation, for who looks into it. Throws an EnvironmentError. */
    readInstallation: () => checkEnvironment(env),
    /** How the user calls us: the beginning of every command that we propose. */
    programName: env['npm_lifecycle_event'] === 'cli' ? 'npm run --silent cli --' : 'redemptions',
  }
}

/** https://specifications.freedesktop.org/basedir-spec, and what Windows has instead. */
function findConfigFolder(env: Readonly<Record<string, string | undefined>>): string {
  const named = env['XDG_CONFIG_HOME'] ?? ''
  if (path.isAbsolute(named)) return named
  const roaming = env['APPDATA'] ?? ''
  if (process.platform === 'win32' && roaming !== '') return roaming
  return path.join(env['HOME'] ?? os.homedir(), '.config')
}
