export async function writePerformancePage(say: (line: string) => void): Promise<void> {
  say('x')
}
