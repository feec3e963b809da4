/** Where the passwords of logins are kept: Secrets Manager on AWS, a file of mode 0600 on one machine. */
export interface Credentials {
  readonly user: string
  readonly password: string
}

export interface Secrets {
  /** Rejects when there is no such secret. */
  get(secret: string): Promise<Credentials>
  put(secret: string, credentials: Credentials): Promise<void>
  /** Does nothing when there is none. */
  delete(secret: string): Promise<void>
}
