/** The mapper of queues against the emulator: every attribute there and back, and exactly the calls that are declared. */
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { ref } from '#engine/model/cloud.ts'
import { differences, type MapperLab, mapperOf, startMapperLab, tableOf } from '#test/support/mapper-lab.ts'

let lab: MapperLab

beforeAll(async () => {
  lab = await startMapperLab()
})
afterAll(() => lab.stop())
beforeEach(() => void lab.takeCalls())

const queue = tableOf('queue')

const policy = (arn: string) => ({
  Version: '2012-10-17',
  Statement: [{ Sid: 'a', Effect: 'Allow', Principal: '*', Action: 'sqs:SendMessage', Resource: arn }],
})

test('a FIFO queue keeps all that was said', async () => {
  const want = {
    name: 'orders.fifo',
    fifo_queue: true,
    content_based_deduplication: true,
    deduplication_scope: 'messageGroup',
    fifo_throughput_limit: 'perMessageGroupId',
    delay_seconds: 5,
    receive_message_wait_time_seconds: 10,
    message_retention_period: 600,
    maximum_message_size: 2_048,
  }

  const id = await lab.create(queue, want)

  const row = await lab.row(queue, id)
  expect(differences(queue, want, row)).toEqual({})
  expect(row).toMatchObject({ arn: 'arn:aws:sqs:us-east-1:123456789012:orders.fifo', url: id.url })
})

test('a queue points at its dead-letter queue, and no longer', async () => {
  const failed = await lab.create(queue, { name: 'failed' })
  const id = await lab.create(queue, {
    name: 'work',
    redrive_target_id: failed,
    redrive_max_receive_count: 3,
  })

  const pointing = await lab.row(queue, id)
  await lab.update(queue, id, { redrive_target_id: null, redrive_max_receive_count: null })
  const alone = await lab.row(queue, id)

  expect(pointing).toMatchObject({
    redrive_target_id: ref('aws_sqs.queue', failed),
    redrive_max_receive_count: 3,
  })
  expect(alone).toMatchObject({ redrive_target_id: null, redrive_max_receive_count: null })
})

test('a receive count without a dead-letter queue is refused before any call', async () => {
  const id = await lab.create(queue, { name: 'lonely' })
  lab.takeCalls()

  const update = lab.update(queue, id, { redrive_max_receive_count: 3 })

  await expect(update).rejects.toMatchObject({ code: 'cloud/invalid' })
  expect(lab.takeCalls()).not.toContain('SetQueueAttributes')
})

test('a policy and a key are set and cleared', async () => {
  const arn = 'arn:aws:sqs:us-east-1:123456789012:guarded'
  const want = {
    policy: policy(arn),
    kms_master_key_id: 'alias/aws/sqs',
    kms_data_key_reuse_period_seconds: 600,
  }
  const id = await lab.create(queue, { name: 'guarded', ...want })

  const guarded = await lab.row(queue, id)
  await lab.update(queue, id, { policy: null, kms_master_key_id: null })
  const open = await lab.row(queue, id)

  expect(differences(queue, want, guarded)).toEqual({})
  expect(open).toMatchObject({ policy: null, kms_master_key_id: null })
})

test('a listed queue gives its name before anything else of it is read', async () => {
  const mapper = mapperOf(queue)
  await lab.create(queue, { name: 'listed', visibility_timeout: 77 })
  const names: unknown[] = []

  for await (const seen of mapper.list(lab.place, lab.api(queue))) names.push(mapper.toRow(seen).name)

  expect(names).toContain('listed')
  expect(queue.hydrates).toContain('visibility_timeout')
})

test('a queue that is gone is absent, and its name is free', async () => {
  const id = await lab.create(queue, { name: 'gone' })
  await lab.remove(queue, id)
  const mapper = mapperOf(queue)

  const seen = await mapper.get([id], lab.api(queue))
  const named = await mapper.findByName?.({ name: 'gone' }, lab.api(queue))

  expect(seen).toEqual([])
  expect(named).toBeUndefined()
})

test('a queue calls what it declares', async () => {
  const id = await lab.create(queue, { name: 'tour', tags: { a: '1' } })
  await lab.list(queue)
  await mapperOf(queue).findByName?.({ name: 'tour' }, lab.api(queue))
  await lab.update(queue, id, { visibility_timeout: 5, tags: { b: '2' } })
  const row = await lab.row(queue, id)
  await lab.remove(queue, id)

  expect(lab.takeCalls()).toEqual([...mapperOf(queue).operations].sort())
  expect(row).toMatchObject({ visibility_timeout: 5, tags: { b: '2' } })
})
