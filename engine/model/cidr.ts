/** Address blocks as PostgreSQL writes a `cidr`: host bits cleared, IPv6 in the short lower-case form of RFC 5952. */

/** Text that is no network stays as it is. */
export function canonicalCidr(text: string): string {
  const match = /^\s*([^/\s]+)(?:\/(\d{1,3}))?\s*$/.exec(text)
  const address = match?.[1]
  if (!address) return text
  const groups = address.includes(':') ? parseIpv6(address) : parseIpv4(address)
  if (!groups) return text
  const bitsPerGroup = groups.length === 4 ? 8 : 16
  const size = groups.length * bitsPerGroup
  const length = match[2] === undefined ? size : Number(match[2])
  if (length > size) return text
  const masked = groups.map((group, index) =>
    clearHostBits(group, length - index * bitsPerGroup, bitsPerGroup),
  )
  const canonical = groups.length === 4 ? masked.join('.') : formatIpv6(masked)
  return match[2] === undefined ? canonical : `${canonical}/${length}`
}

function clearHostBits(group: number, networkBits: number, width: number): number {
  if (networkBits >= width) return group
  if (networkBits <= 0) return 0
  const hostBits = width - networkBits
  return (group >> hostBits) << hostBits
}

function parseIpv4(text: string): readonly number[] | null {
  const parts = text.split('.')
  const isValid = parts.length === 4 && parts.every((part) => /^\d{1,3}$/.test(part) && Number(part) <= 255)
  return isValid ? parts.map(Number) : null
}

function parseIpv6(text: string): readonly number[] | null {
  const lastColon = text.lastIndexOf(':')
  const embedded = text.includes('.') ? parseIpv4(text.slice(lastColon + 1)) : []
  if (!embedded) return null
  const [a = 0, b = 0, c = 0, d = 0] = embedded
  const tail = embedded.length > 0 ? [a * 256 + b, c * 256 + d] : []
  const head = tail.length > 0 ? text.slice(0, lastColon + (text[lastColon - 1] === ':' ? 1 : 0)) : text
  const halves = head.split('::')
  if (halves.length > 2) return null
  const [left, right] = [groupsOf(halves[0]), groupsOf(halves[1])]
  if (!left || !right) return null
  const missing = 8 - left.length - right.length - tail.length
  const isComplete = halves.length === 2 ? missing >= 0 : missing === 0
  return isComplete ? [...left, ...new Array<number>(missing).fill(0), ...right, ...tail] : null
}

function groupsOf(text: string | undefined): readonly number[] | null {
  if (!text) return []
  const parts = text.split(':')
  return parts.every((part) => /^[0-9a-f]{1,4}$/i.test(part))
    ? parts.map((part) => Number.parseInt(part, 16))
    : null
}

function formatIpv6(groups: readonly number[]): string {
  const { start, length } = longestZeroRun(groups)
  const hex = groups.map((group) => group.toString(16))
  if (length < 2) return hex.join(':')
  const holdsIpv4 = start === 0 && (length === 6 || (length === 5 && groups[5] === 0xffff))
  if (holdsIpv4) return `::${length === 5 ? 'ffff:' : ''}${groups.slice(6).flatMap(bytesOf).join('.')}`
  return `${hex.slice(0, start).join(':')}::${hex.slice(start + length).join(':')}`
}

const bytesOf = (group: number): readonly number[] => [group >> 8, group & 0xff]

function longestZeroRun(groups: readonly number[]): { start: number; length: number } {
  let best = { start: 0, length: 0 }
  let length = 0
  groups.forEach((group, index) => {
    length = group === 0 ? length + 1 : 0
    if (length > best.length) best = { start: index - length + 1, length }
  })
  return best
}
