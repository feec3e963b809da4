/** Cuts a long text into short ones, never between the two halves of one character. */
export function pieces(text: string, length: number): readonly string[] {
  const found: string[] = []
  for (let from = 0; from < text.length; ) {
    const isSplit = /[\ud800-\udbff]/.test(text[from + length - 1] ?? '')
    const to = from + length - (isSplit ? 1 : 0)
    found.push(text.slice(from, to))
    from = to
  }
  return found
}
