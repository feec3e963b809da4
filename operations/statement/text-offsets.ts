/** The parser counts bytes, JavaScript UTF-16 units and PostgreSQL's positions characters: one walk converts them all. */
export interface TextPlace {
  readonly utf16: number
  /** Characters (code points) before it. */
  readonly characters: number
}

const bytesOf = (codePoint: number): number =>
  codePoint < 0x80 ? 1 : codePoint < 0x800 ? 2 : codePoint < 0x10000 ? 3 : 4

/** Places of ascending byte offsets of the text's UTF-8 form. */
export function textPlaces(text: string, byteOffsets: readonly number[]): readonly TextPlace[] {
  if (Buffer.byteLength(text) === text.length) {
    return byteOffsets.map((offset) => ({ utf16: offset, characters: offset }))
  }
  let bytes = 0
  let utf16 = 0
  let characters = 0
  return byteOffsets.map((offset) => {
    while (bytes < offset && utf16 < text.length) {
      const codePoint = text.codePointAt(utf16) ?? 0
      bytes += bytesOf(codePoint)
      utf16 += codePoint > 0xffff ? 2 : 1
      characters++
    }
    return { utf16, characters }
  })
}

/** UTF-16 index of a 0-based character position. */
export function utf16OfCharacter(text: string, character: number): number {
  let utf16 = 0
  for (let seen = 0; seen < character && utf16 < text.length; seen++) {
    utf16 += (text.codePointAt(utf16) ?? 0) > 0xffff ? 2 : 1
  }
  return utf16
}

export function characterCount(text: string): number {
  let count = 0
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at)
    if (unit < 0xdc00 || unit > 0xdfff) count++
  }
  return count
}
