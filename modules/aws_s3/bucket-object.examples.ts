/** What an object looks like: a page whose headers change, a table whose content does, an empty one that is tagged. */
import { examplesOf } from '../kit/index.ts'
import { bucketObject } from './bucket-object.ts'

const needs = { files: { table: 'bucket', row: { name: 'shop-files' } } }

export const bucketObjectExamples = examplesOf(bucketObject, {
  needs,
  base: {
    bucket_name: 'shop-files',
    key: 'pages/index.html',
    content: '<h1>Shop</h1>',
    content_type: 'text/html',
    cache_control: 'max-age=60',
    encryption: 'aws:kms',
    bucket_key_enabled: true,
    metadata: { author: 'ann' },
    tags: { team: 'shop', stage: 'trial' },
  },
  update: {
    cache_control: 'max-age=3600',
    metadata: { author: 'bob', reviewed: 'yes' },
    storage_class: 'STANDARD_IA',
    tags: { team: 'shop', tier: '1' },
  },
  replace: { key: 'pages/home.html' },
})

export const taggedObjectExamples = examplesOf(bucketObject, {
  variant: 'tagged',
  needs,
  base: { bucket_name: 'shop-files', key: 'empty' },
  update: { tags: { stage: 'live' } },
  replace: { key: 'void' },
})

export const newContentExamples = examplesOf(bucketObject, {
  variant: 'new content',
  needs,
  base: {
    bucket_name: 'shop-files',
    key: 'prices.csv',
    content: 'apple,1\npear,2\n',
    content_type: 'text/csv',
  },
  update: { content: 'apple,2\npear,2\n', tags: { stage: 'live' } },
  replace: { key: 'prices-2.csv' },
})
