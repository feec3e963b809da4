/** Reads frame headers off a client's bytes, since API Gateway limits the frame and `ws` only the message. */

/**
 * Feed it the bytes as they come; true once a frame declares more than `limit` bytes of payload.
 * Framing: https://www.rfc-editor.org/rfc/rfc6455#section-5.2
 */
export function frameMeter(limit: number): (chunk: Uint8Array) => boolean {
  let header: number[] = []
  let skip = 0
  return (chunk) => {
    for (let at = 0; at < chunk.length; ) {
      if (skip > 0) {
        const step = Math.min(skip, chunk.length - at)
        skip -= step
        at += step
        continue
      }
      header.push(chunk[at] ?? 0)
      at += 1
      const size = payloadSize(header)
      if (size === undefined) continue
      if (size > limit) return true
      skip = size + maskBytes(header)
      header = []
    }
    return false
  }
}

/** Bytes of payload, once the header read so far says so. */
function payloadSize(header: readonly number[]): number | undefined {
  if (header.length < 2) return undefined
  const short = (header[1] ?? 0) & 0x7f
  if (short < 126) return short
  const lengthBytes = short === 126 ? 2 : 8
  if (header.length < 2 + lengthBytes) return undefined
  return header.slice(2).reduce((size, byte) => size * 256 + byte, 0)
}

const maskBytes = (header: readonly number[]): number => ((header[1] ?? 0) & 0x80 ? 4 : 0)
