/** PostgreSQL's text output as fields of the Data API, by type; what the service cannot carry is refused. */
import { DataApiError, type Field } from './data-api.ts'

const decodeBytes = (text: string): Field => ({ blobValue: Buffer.from(text.slice(2), 'hex') })
const decodeString = (text: string): Field => ({ stringValue: text })
const decodeLong = (text: string): Field => ({ longValue: Number(text) })
const decodeDouble = (text: string): Field => ({ doubleValue: Number(text) })
const decodeBoolean = (text: string): Field => ({ booleanValue: text === 't' })
/** The service gives a timestamptz in UTC without its zone. */
const decodeTimestampTz = (text: string): Field => ({ stringValue: text.replace(/[+-]\d\d(:?\d\d)?$/, '') })

const refused = (typeName: string) => (): Field => {
  throw new DataApiError(
    'unsupported-result',
    `The result contains the unsupported data type ${typeName}; cast it to text`,
  )
}

const decoders = new Map<number, (text: string) => Field>([
  [16, decodeBoolean],
  [17, decodeBytes],
  [20, decodeLong],
  [21, decodeLong],
  [23, decodeLong],
  [26, decodeLong],
  [700, decodeDouble],
  [701, decodeDouble],
  [1184, decodeTimestampTz],
])

/** Types that the service answers with UnsupportedResultException, by object id. */
const unsupported = new Map<number, string>([
  [18, 'char'],
  [24, 'regproc'],
  [28, 'xid'],
  [600, 'point'],
  [601, 'lseg'],
  [602, 'path'],
  [603, 'box'],
  [604, 'polygon'],
  [628, 'line'],
  [718, 'circle'],
  [790, 'money'],
  [1186, 'interval'],
  [1266, 'timetz'],
  [2202, 'regprocedure'],
  [2205, 'regclass'],
  [2206, 'regtype'],
  [2249, 'record'],
  [5069, 'xid8'],
])

const isNull: Field = { isNull: true }

/** One row of texts as fields; `oids` are the types of its columns. */
export function decodeRow(row: readonly (string | null)[], oids: readonly number[]): readonly Field[] {
  return row.map((text, index) => {
    if (text === null) return isNull
    const oid = oids[index] ?? 0
    const typeName = unsupported.get(oid)
    return (typeName ? refused(typeName) : (decoders.get(oid) ?? decodeString))(text)
  })
}
