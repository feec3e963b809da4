/** The form in which results leave, by its name. */
import { UsageError } from '../exit.ts'
import type { Terminal } from '../terminal.ts'
import { csvFormat } from './csv.ts'
import type { Format } from './format.ts'
import { jsonFormat } from './json.ts'
import { ndjsonFormat } from './ndjson.ts'
import { tableFormat } from './table.ts'

const formats = { table: tableFormat, json: jsonFormat, ndjson: ndjsonFormat, csv: csvFormat }

/** Makes the format of one run. @throws UsageError */
export function chooseFormat(name: string | undefined, { stdout }: Terminal): () => Format {
  const chosen = name ?? (stdout.isTTY ? 'table' : 'ndjson')
  const found = Object.entries(formats).find(([known]) => known === chosen)?.[1]
  if (found === undefined) {
    throw new UsageError(`there is no format "${chosen}"; give one of ${Object.keys(formats).join(', ')}`)
  }
  return found
}
