import { pickEnvironment } from '@importer/runtime'

export type CliEnvironment = ReturnType<typeof readCliEnvironment>

/** What the client needs of the environment, checked. Throws an EnvironmentError that names what is wrong. */
export function readCliEnvironment(env: Readonly<Record<string, string | undefined>> = process.env) {
  const picked = pickEnvironment(['PORT', 'DATA_DIR', 'DATABASE_URL', 'REDEMPTIONS_URL', 'REDEMPTIONS_API_KEY'], env)
  // npm runs us in the folder of package.json: file names are meant from where the user stands.
  return { ...picked, callerFolder: env['INIT_CWD'] ?? process.cwd() }
}
