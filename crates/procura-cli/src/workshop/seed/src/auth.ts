export interface Session {
  user: string;
  expires: number;
}

const sessions = new Map<string, Session>();

export function signIn(id: string, user: string, lifetime: number): void {
  sessions.set(id, { user, expires: Date.now() + lifetime });
}

export function sessionOf(cookie: string | undefined): Session | undefined {
  const id = /(?:^|; )session=([0-9a-f]{32})/.exec(cookie ?? "")?.[1];
  return id === undefined ? undefined : sessions.get(id);
}
