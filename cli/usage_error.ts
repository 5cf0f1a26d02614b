/** What a user asked for that cannot be done. @module */

/** A command line or a file that cannot be used; the message is all that the user sees. */
export class UsageError extends TypeError {
  override readonly name = "UsageError";
}
