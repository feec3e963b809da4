import { readdirSync } from 'node:fs'
import * as sqs from '@aws-sdk/client-sqs'
import { afterEach, expect, test } from 'vitest'
import { main } from '#cli/main.ts'
import { asShown, type GuideStep, plainLines, readAwsCommand, readGuide } from '#test/support/guide.ts'
import { type LiveHost, startLiveHost } from '#test/support/live-host.ts'
import { testTerminal } from '#test/support/terminal.ts'

let host: LiveHost | undefined
afterEach(async () => {
  await host?.stop()
  host = undefined
})

/** What the reader of the guide sees in a terminal. */
async function print({ serving, token }: LiveHost, sql: string): Promise<string> {
  const terminal = testTerminal({ env: { IASQL_URL: serving.url, IASQL_TOKEN: token }, isTTY: false })
  terminal.stdin.end(sql)
  await main(['--format', 'table', 'sql'], terminal)
  return `${terminal.out()}\n${terminal.err()}`
}

/** Somebody else, with AWS's own command line. */
async function callAws({ awsConfiguration }: LiveHost, text: string): Promise<void> {
  const { service, operation, input } = readAwsCommand(text)
  if (service !== 'sqs') throw new Error(`the guide calls ${service}, which this test does not know`)
  const client = new sqs.SQSClient(awsConfiguration)
  const address =
    'QueueName' in input ? await client.send(new sqs.GetQueueUrlCommand(input as never)) : undefined
  const Command = Reflect.get(sqs, `${operation}Command`) as new (
    input: object,
  ) => sqs.SetQueueAttributesCommand
  await client.send(new Command(address ? { ...input, QueueUrl: address.QueueUrl } : input))
  client.destroy()
}

const follow = async (live: LiveHost, step: GuideStep): Promise<string> => {
  if (step.kind === 'sql') return await print(live, step.text)
  for (const line of plainLines(step.text.replaceAll('\\\n', ' '))) await callAws(live, line)
  return ''
}

test.each(readdirSync('docs/guides'))('whoever follows %s sees what it shows', async (name) => {
  const steps = await readGuide(`docs/guides/${name}`)
  host = await startLiveHost()

  expect(steps.length).toBeGreaterThan(0)
  for (const step of steps) {
    const printed = await follow(host, step)

    if (step.shown === null) expect(printed, step.text).not.toMatch(/^ERROR/m)
    else expect(asShown(printed, step.shown), step.text).toEqual(plainLines(step.shown))
  }
})
