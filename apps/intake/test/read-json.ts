/** An answer's body, as it came: the assertion is what checks its shape. */
export async function readJson(response: Response): Promise<ReturnType<typeof JSON.parse>> {
  return JSON.parse(await response.text())
}
