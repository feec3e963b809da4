/** The bytes that a digest stands for, put together from their pieces. */
import type { Queryable } from '../database.ts'
import type { Tenant } from '../tenant.ts'
import { inPages } from './paging.ts'

/** Pieces of one result, which may have a mebibyte. */
const atATime = 12

/** Undefined when they are not kept. */
export async function loadContent(
  db: Queryable,
  { schema: t }: Tenant,
  digest: string,
): Promise<Uint8Array | undefined> {
  const chunks: Buffer[] = []
  for (;;) {
    const page = await db.query<{ chunk: string }>(
      `SELECT encode(c.chunk, 'base64') AS chunk FROM ${t}.iasql_content_chunk c
       WHERE c.digest = :digest AND c.number >= :from::int ORDER BY c.number LIMIT ${atATime}`,
      { digest, from: chunks.length },
    )
    chunks.push(...page.map(({ chunk }) => Buffer.from(chunk, 'base64')))
    if (page.length < atATime) return chunks.length > 0 ? Buffer.concat(chunks) : undefined
  }
}

export interface ContentSize {
  readonly digest: string
  readonly size: number
}

/** Of those that are kept. */
export async function sizesOfContents(
  db: Queryable,
  { schema: t }: Tenant,
  digests: readonly string[],
): Promise<readonly ContentSize[]> {
  const sizes: ContentSize[] = []
  for (const page of inPages(digests)) {
    sizes.push(
      ...(await db.query<ContentSize>(
        `SELECT c.digest, c.bytes AS size FROM ${t}.iasql_content c
         WHERE c.digest IN (SELECT value FROM jsonb_array_elements_text(:digests::jsonb)) ORDER BY c.at`,
        { digests: JSON.stringify(page) },
      )),
    )
  }
  return sizes
}
