import { expect, test } from 'vitest'
import { chooseCloud } from '#local/moto/choose-cloud.ts'

const endpoint = 'http://127.0.0.1:4566'

test.each([
  ['nothing', {}, { kind: 'emulator' }],
  ['credentials alone', { AWS_ACCESS_KEY_ID: 'AKIA', AWS_PROFILE: 'work' }, { kind: 'emulator' }],
  ['empty variables', { IASQL_CLOUD: '', AWS_ENDPOINT_URL: '' }, { kind: 'emulator' }],
  ['an endpoint', { AWS_ENDPOINT_URL: endpoint }, { kind: 'endpoint', url: endpoint }],
  ['the real cloud by name', { IASQL_CLOUD: 'aws' }, { kind: 'aws' }],
])('%s chooses as it should', (_, environment, choice) => {
  expect(chooseCloud(environment)).toEqual(choice)
})

test.each([
  ['a cloud there is not', { IASQL_CLOUD: 'azure' }, /^IASQL_CLOUD is "azure"; set it to aws/],
  ['the name in another case', { IASQL_CLOUD: 'AWS' }, /^IASQL_CLOUD is "AWS"/],
  ['two clouds at once', { IASQL_CLOUD: 'aws', AWS_ENDPOINT_URL: endpoint }, /unset one of them/],
  [
    'an endpoint without a scheme',
    { AWS_ENDPOINT_URL: 'localhost:4566' },
    /^AWS_ENDPOINT_URL is "localhost:4566"/,
  ],
  ['an endpoint that is no address', { AWS_ENDPOINT_URL: 'moto' }, /^AWS_ENDPOINT_URL is "moto"/],
])('%s is a usage error that names the variable', (_, environment, message) => {
  expect(() => chooseCloud(environment)).toThrow(expect.objectContaining({ name: 'UsageError' }))
  expect(() => chooseCloud(environment)).toThrow(message)
})
