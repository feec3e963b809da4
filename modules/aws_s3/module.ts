/** Buckets and what is in them. */
import { defineModule } from '../kit/index.ts'
import {
  bucketExamples,
  copiedBucketExamples,
  loggedBucketExamples,
  siteBucketExamples,
  tellingBucketExamples,
} from './bucket.examples.ts'
import { bucket } from './bucket.ts'
import { bucketObjectExamples, newContentExamples, taggedObjectExamples } from './bucket-object.examples.ts'
import { bucketObject } from './bucket-object.ts'
import { leftOut } from './left-out.ts'

export const awsS3 = defineModule({
  name: 'aws_s3',
  version: '0.1.0',
  requires: ['aws_account'],
  tables: [bucket, bucketObject],
  examples: [
    bucketExamples,
    siteBucketExamples,
    loggedBucketExamples,
    tellingBucketExamples,
    copiedBucketExamples,
    bucketObjectExamples,
    newContentExamples,
    taggedObjectExamples,
  ],
  leftOut,
})
