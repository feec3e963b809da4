import { CreateQueueCommand, GetQueueAttributesCommand, ListQueueTagsCommand, SQSClient } from '@aws-sdk/client-sqs'
import { openTenantLab } from '#test/support/tenant-lab.ts'
const lab = await openTenantLab({})
const t = (label: string, from: number) => console.log(label, Math.round(performance.now() - from), 'ms')
await lab.call('iasql_install', [['aws_vpc', 'aws_sqs']])
const sqs = new SQSClient({ region: 'us-east-1', endpoint: lab.endpoint, credentials: { accessKeyId: '123456789012', secretAccessKey: 'x' } })
const bare = async (n: number, prefix: string) => {
  const from = performance.now()
  const queue = Array.from({ length: n }, (_, i) => `${prefix}-${i}`)
  await Promise.all(Array.from({ length: 16 }, async () => {
    for (let name = queue.pop(); name; name = queue.pop()) {
      const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: name, Attributes: { VisibilityTimeout: '31' } }))
      await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['All'] }))
      await sqs.send(new ListQueueTagsCommand({ QueueUrl }))
    }
  }))
  t(`bare ${n}`, from)
}
await bare(200, 'warm'); await lab.resetCloud()
await bare(200, 'bare'); await lab.resetCloud()
await lab.call('iasql_sync')
for (const round of [1, 2]) {
  await lab.user.run(`INSERT INTO queue (name, visibility_timeout) SELECT 'q${round}-' || i, 31 FROM generate_series(1, 200) i`)
  lab.calls.length = 0
  let from = performance.now()
  const rows = await lab.call('iasql_apply')
  t(`apply ${rows.length}`, from)
  console.log(Object.entries(Object.groupBy(lab.calls, (c) => c.operation)).map(([k, v]) => `${k} ${v?.length}`).join(', '))
}
let from = performance.now()
console.log((await lab.call('iasql_sync')).length); t('sync 400 queues', from)
lab.calls.length = 0
from = performance.now(); await lab.call('iasql_sync'); t('sync again', from)
console.log(Object.entries(Object.groupBy(lab.calls, (c) => c.operation)).map(([k, v]) => `${k} ${v?.length}`).join(', '))
await lab.user.run(`INSERT INTO queue (name, visibility_timeout) SELECT 'big-' || i, 31 FROM generate_series(1, 10000) i`)
from = performance.now()
const preview = await lab.call('iasql_preview')
t(`preview ${preview.length}`, from)
from = performance.now()
await lab.user.run('DELETE FROM queue'); t('delete rows', from)
from = performance.now()
const p2 = await lab.call('iasql_preview')
t(`preview ${p2.length}`, from)
from = performance.now()
console.log((await lab.call('iasql_apply')).length); t('apply deletes', from)
await lab.close()
