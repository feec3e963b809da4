/** The size of a call on the wire, refused before it is sent: what the service says of one too large is not documented. */
import { DataApiError, dataApiLimits, type ExecuteRequest, type Field } from './data-api.ts'

/** Of a parameter's name, type hint and JSON around them. */
const wrappingBytes = 64

const bytesOf = (field: Field): number => {
  if ('stringValue' in field) return Buffer.byteLength(field.stringValue)
  return 'blobValue' in field ? Math.ceil(field.blobValue.length / 3) * 4 : 0
}

export function bytesOfRequest({ sql, parameters = [] }: ExecuteRequest): number {
  let bytes = Buffer.byteLength(sql)
  for (const { value } of parameters) bytes += bytesOf(value) + wrappingBytes
  return bytes
}

/** @throws DataApiError `request-too-large` */
export function checkRequestSize(request: ExecuteRequest): void {
  const bytes = bytesOfRequest(request)
  if (bytes <= dataApiLimits.requestBytes) return
  throw new DataApiError(
    'request-too-large',
    `The request of ${bytes} bytes exceeds the limit of ${dataApiLimits.requestBytes} bytes.`,
  )
}
