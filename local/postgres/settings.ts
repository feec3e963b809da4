/** The server's settings, given on its command line, where nothing stored in the cluster can change them. */
import { createHash } from 'node:crypto'

/** Marks every process of the cluster in the list of processes, so that what a killed server left can be found. */
export const clusterName = (cluster: string): string =>
  `iasql-${createHash('sha256').update(cluster).digest('hex').slice(0, 12)}`

/** No statement, parameter or error of a tenant reaches the log: they may hold secrets. */
const silence = {
  log_statement: 'none',
  log_min_messages: 'log',
  log_min_error_statement: 'panic',
  log_min_duration_statement: '-1',
  log_parameter_max_length: '0',
  log_parameter_max_length_on_error: '0',
  log_error_verbosity: 'terse',
  log_destination: 'stderr',
  logging_collector: 'off',
  shared_preload_libraries: '',
}

const scarce = {
  max_connections: '100',
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
