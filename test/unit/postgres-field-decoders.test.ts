import { expect, test } from 'vitest'
import { decoderOf } from '#postgres/field-decoders.ts'

const timestamptz = 1184
const decode = (typeId: number, text: string) => decoderOf(typeId)?.(text)

test.each([
  ['2026-01-02 03:04:05+00', '2026-01-02 03:04:05'],
  ['2026-01-02 03:04:05.120000+00', '2026-01-02 03:04:05.120'],
  ['2026-01-02 03:04:05.123456+00', '2026-01-02 03:04:05.123456'],
  ['2026-01-02 03:04:05.5+09', '2026-01-01 18:04:05.500'],
  ['2026-01-02 22:04:05-03:30', '2026-01-03 01:34:05'],
  ['1890-01-01 00:00:00+00:53:28', '1889-12-31 23:06:32'],
])('gives the time %s in UTC', (text, utc) => {
  expect(decode(timestamptz, text)).toEqual({ stringValue: utc })
})

test('loses what a double cannot hold of a bigint, as the service does', () => {
  expect(decode(20, '9007199254740993')).toEqual({ longValue: 9007199254740992 })
})

test('knows no decoder for what the service does not carry', () => {
  const interval = 1186
  const textArray = 1009

  expect([interval, textArray].map(decoderOf)).toEqual([undefined, undefined])
})
