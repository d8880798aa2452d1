/**
 * What a promise comes to while virtual time goes on; one that is refused meanwhile is nobody's unhandled rejection.
 * @param pass lets time go on
 */
export async function during<T>(work: Promise<T>, pass: () => Promise<void>): Promise<T> {
  const settled = work.then(
    (value) => () => value,
    (error: unknown) => () => {
      throw error;
    },
  );
  await pass();
  return (await settled)();
}
