import assert from "node:assert/strict";
import { test } from "node:test";
import { deepestPath, readFunctions } from "../../../host/runtimes/call-graph.js";
import { checkMailboxCode } from "../../../host/runtimes/microcontroller.js";

const LISTING = `
00000100 <entry>:
 100:	b5f0      	push	{r4, r5, r6, r7, lr}
 102:	b085      	sub	sp, #20
 104:	f000 f806 	bl	114 <middle>
 108:	4798      	blx	r3
 10a:	bdf0      	pop	{r4, r5, r6, r7, pc}

00000114 <middle>:
 114:	e92d 43f8 	stmdb	sp!, {r3, r4, r5, r6, r7, r8, r9, lr}
 118:	f5ad 7d00 	sub.w	sp, sp, #512	@ 0x200
 11c:	d0fe      	beq.n	11c <middle+0x8>
 11e:	f7ff bfff 	b.w	120 <leaf>

00000120 <leaf>:
 120:	f84d ed04 	str.w	lr, [sp, #-4]!
 124:	4770      	bx	lr

00000130 <behind_a_pointer>:
 130:	b081      	sub	sp, #1000
 132:	4770      	bx	lr
`;

test("frames are what each function pushes and subtracts", () => {
  const functions = readFunctions(LISTING);
  assert.equal(functions.get("entry")?.frameBytes, 5 * 4 + 20);
  assert.equal(functions.get("middle")?.frameBytes, 8 * 4 + 512);
  assert.equal(functions.get("leaf")?.frameBytes, 4);
  assert.deepEqual([...(functions.get("middle")?.calls ?? [])], ["leaf"]);
  assert.equal(functions.get("leaf")?.indirect, false);
});

test("the deepest path follows calls, jumps to other functions, and calls through registers", () => {
  const functions = readFunctions(LISTING);
  assert.deepEqual(deepestPath(functions, "entry", []), { bytes: 588, path: ["entry", "middle", "leaf"] });
  assert.deepEqual(deepestPath(functions, "entry", ["behind_a_pointer"]), {
    bytes: 1040,
    path: ["entry", "behind_a_pointer"],
  });
});

test("a recursion has no bound, and a function that is not there is named", () => {
  const looping = readFunctions(`${LISTING}
00000140 <even>:
 140:	f000 f806 	bl	150 <odd>

00000150 <odd>:
 150:	f000 f806 	bl	140 <even>
`);
  assert.throws(() => deepestPath(looping, "even", []), /recursion: even > odd > even/);
  assert.throws(() => deepestPath(looping, "nobody", []), /no function nobody/);
});

const READ = `
00000468 <fairlead_mailbox_read>:
 482:	6802      	ldr	r2, [r0, #0]
 486:	f3bf 8f5b 	dmb	ish
 48c:	f85c 1b04 	ldr.w	r1, [ip], #4
 49a:	f3bf 8f5b 	dmb	ish
 4da:	6803      	ldr	r3, [r0, #0]

`;
const POST = `
00000500 <fairlead_mailbox_post>:
 500:	e853 0f00 	ldrex	r0, [r3]
 504:	e843 0100 	strex	r1, r0, [r3]
 508:	f3bf 8f5b 	dmb	ish
 50c:	f84c 1b04 	str.w	r1, [ip], #4
 510:	f3bf 8f5b 	dmb	ish
 514:	6002      	str	r2, [r0, #0]

`;

test("a mailbox whose second look or fence was optimized away is found out", () => {
  checkMailboxCode(READ + POST);
  const second = READ.replace(/.*4da:.*\n/, "");
  assert.throws(() => checkMailboxCode(second + POST), /fairlead_mailbox_read/);
  const fence = POST.replace(/.*510:.*\n/, "");
  assert.throws(() => checkMailboxCode(READ + fence), /fairlead_mailbox_post/);
  assert.throws(() => checkMailboxCode(READ), /no fairlead_mailbox_post/);
});
