import { expect, test } from 'vitest'
import { readSettings } from '#local/settings.ts'

test('an empty environment serves port 8088 in us-east-1', () => {
  const settings = readSettings({})

  expect(settings).toMatchObject({ port: 8088, region: 'us-east-1', logLevel: 'error' })
})

test.each([
  [{ AWS_REGION: 'EU (Ireland)' }, /AWS_REGION is "EU \(Ireland\)".*eu-west-1/],
  [{ IASQL_PORT: '70000' }, /IASQL_PORT is "70000".*0 to 65535/],
  [{ IASQL_LOG: 'loud' }, /IASQL_LOG is "loud".*error, warn/],
])('%o is refused by name, with what would be right', (environment, message) => {
  expect(() => readSettings(environment)).toThrow(message)
})

test.each(['eu-west-1', 'us-gov-east-1', 'ap-southeast-5', 'eusc-de-east-1'])(
  '%s may be a region',
  (region) => {
    expect(readSettings({ AWS_REGION: region }).region).toBe(region)
  },
)
