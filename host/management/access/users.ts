/** The file of users: names, roles and hashes of passwords. Its mode keeps others from reading it. */

import { existsSync, statSync } from "node:fs";
import { ROLES, type Role } from "../commands/command.js";
import { hashPassword, isHash, isPassword, weakness } from "./passwords.js";
import { readSecret, UnsafeFile, writeWhole } from "./safe-file.js";

export interface User {
  name: string;
  role: Role;
  /** As `passwords.ts` writes it. */
  password: string;
}

const USER_NAME = /^[a-z][a-z0-9._-]{0,31}$/;
const USERS_MAX = 256;

/** Wrong input of an operator; the message says what would be right. */
export class UserError extends Error {}

function readUsers(file: string): User[] {
  const text = readSecret(file);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new UnsafeFile(file, "not JSON");
  }
  const users = (value as { users?: unknown }).users;
  if (!Array.isArray(users) || users.length > USERS_MAX)
    throw new UnsafeFile(file, `no list of at most ${USERS_MAX} users`);
  for (const [index, user] of users.entries()) {
    const { name, role, password } = (user ?? {}) as Partial<User>;
    const isSound =
      typeof name === "string" && USER_NAME.test(name) && typeof password === "string" && isHash(password);
    if (!isSound || !ROLES.includes(role as Role)) throw new UnsafeFile(file, `users[${index}] is no user`);
  }
  return users as User[];
}

/** The users as the file has them now; read again when it has changed, and kept when it can't be read any more. */
export class UserFile {
  private users = new Map<string, User>();
  private stamp = "";

  /** @throws UnsafeFile for a file that others may read, or that is no file of users */
  constructor(private readonly file: string) {
    if (existsSync(file)) this.read();
  }

  get isEmpty(): boolean {
    this.refresh();
    return this.users.size === 0;
  }

  find(name: string): User | undefined {
    this.refresh();
    return this.users.get(name);
  }

  /** The user of a name and a password; takes as long for a user that there is not. */
  async check(name: string, password: string): Promise<User | undefined> {
    const user = this.find(name);
    return (await isPassword(password, user?.password)) ? user : undefined;
  }

  /** Adds a user, or gives one another password and role. @throws UserError */
  async set(name: string, role: Role, password: string): Promise<void> {
    if (!USER_NAME.test(name))
      throw new UserError(`user ${name}: small letters, digits, . _ -, at most 32, a letter first`);
    if (!ROLES.includes(role)) throw new UserError(`role ${role}: ${ROLES.join(", ")} would be right`);
    const weak = weakness(password, name);
    if (weak !== undefined) throw new UserError(`the password is refused: ${weak}`);
    this.refresh();
    const users = new Map(this.users).set(name, { name, role, password: await hashPassword(password) });
    if (users.size > USERS_MAX) throw new UserError(`more than ${USERS_MAX} users`);
    this.write(users);
  }

  /** @returns whether there was such a user */
  remove(name: string): boolean {
    this.refresh();
    const users = new Map(this.users);
    if (!users.delete(name)) return false;
    this.write(users);
    return true;
  }

  list(): readonly User[] {
    this.refresh();
    return [...this.users.values()];
  }

  private write(users: Map<string, User>): void {
    writeWhole(this.file, `${JSON.stringify({ users: [...users.values()] }, undefined, 2)}\n`, 0o600);
    this.read();
  }

  private read(): void {
    const stamp = this.stampNow();
    this.users = new Map(readUsers(this.file).map((user) => [user.name, user]));
    this.stamp = stamp;
  }

  private refresh(): void {
    const stamp = this.stampNow();
    if (stamp === this.stamp || stamp === "") return;
    try {
      this.read();
    } catch {
      // What was read last stays in force: a half-written file must not lock everybody out.
      this.stamp = stamp;
    }
  }

  private stampNow(): string {
    try {
      const { mtimeMs, size, ino } = statSync(this.file);
      return `${mtimeMs} ${size} ${ino}`;
    } catch {
      return "";
    }
  }
}
