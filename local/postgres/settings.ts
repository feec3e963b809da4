/** The server's settings, given on its command line, where nothing stored in the cluster can change them. */
import { createHash } from 'node:crypto'
import { silentLog } from './silent-log.ts'

/** Marks every process of the cluster in the list of processes, so that what a killed server left can be found. */
export const clusterName = (cluster: string): string =>
  `iasql-${createHash('sha256').update(cluster).digest('hex').slice(0, 12)}`

const silence = {
  ...silentLog,
  log_destination: 'stderr',
  logging_collector: 'off',
  shared_preload_libraries: '',
}

const scarce = {
  // What the pools take at most (postgres/connection-pools.ts), and some for logins that come by themselves.
  max_connections: '120',
  // Of these, for the platform, which must get in whatever tenants do.
  reserved_connections: '24',
  shared_buffers: '64MB',
  huge_pages: 'off',
  wal_level: 'minimal',
  max_wal_senders: '0',
}

const careless = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off', autovacuum: 'off' }

export interface ServerSettings {
  readonly cluster: string
  readonly port: number
  /** False gives up safety against a crash of the machine, for tests. */
  readonly fsync: boolean
}

export const serverParameters = ({ cluster, port, fsync }: ServerSettings): readonly string[] => {
  const settings = {
    listen_addresses: '127.0.0.1',
    port: String(port),
    unix_socket_directories: '',
    password_encryption: 'scram-sha-256',
    cluster_name: clusterName(cluster),
    timezone: 'UTC',
    log_timezone: 'UTC',
    ...silence,
    ...scarce,
    ...(fsync ? {} : careless),
  }
  return ['-D', cluster, ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])]
}
