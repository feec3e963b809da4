/** Packets of OpenPGP as pgcrypto writes and reads them (RFC 4880, section 4): a tag, a length in parts, a body. */

export interface Packet {
  readonly tag: number
  readonly body: Buffer
}

/** Old formats and lengths without an end are not among what pgcrypto writes. */
const malformed = (what: string): Error => new Error(`an encrypted value is not as it was written: ${what}`)

/** A packet with its length in five octets, which every reader takes. */
export function packet(tag: number, body: Uint8Array): Buffer {
  const head = Buffer.alloc(6)
  head.writeUInt8(0xc0 | tag, 0)
  head.writeUInt8(0xff, 1)
  head.writeUInt32BE(body.length, 2)
  return Buffer.concat([head, body])
}

/** A number as OpenPGP has it: its bits counted, then its octets without leading zeros. */
export function multiprecision(octets: Buffer): Buffer {
  const from = octets.findIndex((octet) => octet !== 0)
  const digits = octets.subarray(from)
  const head = Buffer.alloc(2)
  head.writeUInt16BE(digits.length * 8 - Math.clz32(digits.readUInt8(0)) + 24)
  return Buffer.concat([head, digits])
}

/** The packets of a message, in order; parts of a body are put together. */
export function readPackets(message: Uint8Array): readonly Packet[] {
  const bytes = Buffer.from(message)
  const packets: Packet[] = []
  let at = 0
  while (at < bytes.length) {
    const head = bytes.readUInt8(at)
    if ((head & 0xc0) !== 0xc0) throw malformed('a packet in an old format')
    const { body, end } = readBody(bytes, at + 1)
    packets.push({ tag: head & 0x3f, body })
    at = end
  }
  return packets
}

function readBody(bytes: Buffer, start: number): { readonly body: Buffer; readonly end: number } {
  const parts: Buffer[] = []
  let at = start
  for (;;) {
    const { length, octets, isPart } = readLength(bytes, at)
    const from = at + octets
    if (from + length > bytes.length) throw malformed('it ends too early')
    parts.push(bytes.subarray(from, from + length))
    at = from + length
    if (!isPart) return { body: Buffer.concat(parts), end: at }
  }
}

interface Length {
  readonly length: number
  readonly octets: number
  /** More of the body follows, with a length of its own. */
  readonly isPart: boolean
}

function readLength(bytes: Buffer, at: number): Length {
  const first = bytes.readUInt8(at)
  if (first < 192) return { length: first, octets: 1, isPart: false }
  if (first < 224) {
    const length = ((first - 192) << 8) + bytes.readUInt8(at + 1) + 192
    return { length, octets: 2, isPart: false }
  }
  if (first < 255) return { length: 2 ** (first & 0x1f), octets: 1, isPart: true }
  return { length: bytes.readUInt32BE(at + 1), octets: 5, isPart: false }
}
