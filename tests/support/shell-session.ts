import { spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'

export interface ShellResult {
  readonly exitCode: number
  readonly stdout: string
  readonly stderr: string
}

/** A shell that stays, as a person's terminal does: what one command sets, the next one finds. */
export interface ShellSession {
  run(command: string): Promise<ShellResult>
  close(): Promise<void>
}

export function openShell(options: { cwd: string; env: Readonly<Record<string, string>> }): ShellSession {
  const shell = spawn('sh', [], { ...options, stdio: 'pipe' })
  const ended = once(shell, 'close')
  let stdout = ''
  let stderr = ''
  let look: () => void = () => undefined
  shell.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text
    look()
  })
  shell.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text
  })

  return {
    async run(command) {
      stdout = ''
      stderr = ''
      const mark = randomUUID()
      const end = new RegExp(`^([^]*)\\n${mark} (\\d+)\\n$`)
      const done = new Promise<ShellResult>((resolve, reject) => {
        look = () => {
          const match = end.exec(stdout)
          if (match) resolve({ exitCode: Number(match[2]), stdout: match[1] ?? '', stderr })
        }
        ended.then(() => reject(new Error(`the shell ended:\n${stdout}${stderr}`)), reject)
      })
      // Nothing that it runs may read the commands to come.
      shell.stdin.write(`{\n${command}\n} </dev/null\nprintf '\\n%s %d\\n' ${mark} $?\n`)
      return done
    },
    async close() {
      shell.stdin.end()
      await ended
    },
  }
}
