/** Names in Unicode escapes as the names that they are, so that a look for a name in a text finds them too. */

/** https://www.postgresql.org/docs/17/sql-syntax-lexical.html#SQL-SYNTAX-IDENTIFIERS-UESCAPE */
const escapedName = /u&"((?:[^"]|"")*)"(?:\s+UESCAPE\s+'([^'])')?/gi

/** @example plainNames('SELECT * FROM U&"d\\0061ta"') // 'SELECT * FROM "data"' */
export const plainNames = (sql: string): string =>
  sql.replace(escapedName, (_, name: string, sign = '\\') => `"${unescaped(name, sign)}"`)

function unescaped(name: string, sign: string): string {
  const mark = sign.replace(/[\\^$.*+?()[\]{}|/-]/, '\\$&')
  const escapes = new RegExp(`${mark}(?:\\+([0-9a-f]{6})|([0-9a-f]{4})|(${mark}))`, 'gi')
  return name.replace(escapes, (whole, long?: string, short?: string) => {
    const code = Number.parseInt(long ?? short ?? '', 16)
    if (Number.isNaN(code)) return sign
    return code <= 0x10ffff ? String.fromCodePoint(code) : whole
  })
}
