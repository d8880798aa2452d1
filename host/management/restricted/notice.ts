/** What a browser sees that is opened on a restricted server: one sheet without scripts, asked for again by itself. */

/** Names come from the array file: what HTML would read is written out. */
function plain(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

export function noticeHtml(processor: string, active: string | undefined): string {
  const who =
    active === undefined || active === processor
      ? "No full server is there at the moment."
      : `The active processor is <strong>${plain(active)}</strong>.`;
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Restricted server of ${plain(processor)}</title>
<style>:root{color-scheme:light dark;font:16px/1.5 system-ui,"DejaVu Sans",sans-serif}body{max-width:40rem;margin:3rem auto;padding:0 1rem}
main{border:2px solid light-dark(#8f5a00,#e3b04b);border-radius:10px;padding:1rem 1.5rem}</style></head>
<body><main><h1>Restricted server of ${plain(processor)}</h1><p>${who}</p>
<p>This server has its processor's status, logs, self-test and the restart of its service, for programs; the page with
the whole array comes from a full server. This sheet asks again by itself.</p></main></body></html>
`;
}
