import { openTenantLab } from '#test/support/tenant-lab.ts'
import { databaseOver } from '#postgres/database.ts'
const lab = await openTenantLab({})
const t = (label: string, from: number) => console.log(label, Math.round(performance.now() - from), 'ms')
await lab.call('iasql_install', [['aws_sqs']])
await lab.user.run(`INSERT INTO queue (name, visibility_timeout) SELECT 'big-' || i, 31 FROM generate_series(1, 10000) i`)
const orig = lab.ports.dataApi.execute.bind(lab.ports.dataApi)
const times = new Map<string, number[]>()
;(lab.ports.dataApi as any).execute = async (r: any) => { const f = performance.now(); try { return await orig(r) } finally { const k = r.sql.replace(/\s+/g,' ').slice(0, 90); const e = times.get(k) ?? [0,0]; e[0]! += performance.now()-f; e[1]!++; times.set(k, e) } }
for (const _ of [1,2]) {
times.clear()
let from = performance.now()
const preview = await lab.call('iasql_preview')
t(`preview ${preview.length}`, from)
for (const [k, [ms, n]] of times) console.log(Math.round(ms!), n, k)
}
console.log(await lab.user.query(`SELECT indexdef FROM pg_indexes WHERE tablename='queue'`))
const ex = await lab.user.transaction(async (tx) => { const r = await tx.query('EXPLAIN (ANALYZE, BUFFERS) DELETE FROM queue WHERE id < 1000'); return r })
console.log(ex.map((r: any) => Object.values(r)[0]).join('\n'))
await lab.close()
