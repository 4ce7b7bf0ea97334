import { randomUUID } from 'node:crypto';
import { Template } from '@huggingface/jinja';
import type { Message } from '@gistpool/contracts';
import type { TokenId } from '@gistpool/core';

/** The part of a model that a prompt is made with. */
export interface PromptModel {
  tokenize(text: string, parseSpecial: boolean): Uint32Array;
  readonly bos: { readonly token: TokenId; readonly text: string } | undefined;
  readonly eosText: string;
  readonly prependsBos: boolean;
}

/** The messages cannot be put into this model's form; another prompt can. */
export class PromptRefused extends Error {
  override readonly name = 'PromptRefused';
}

type Part = { readonly from: 'template' | 'user'; readonly text: string };

/** Trimmed by a template if it trims what users write; too odd to be in a template itself. */
const PAD = '\u2003';

/**
 * Turns messages into the tokens of the model's chat form. Only the template may make control tokens: what users write
 * is tokenized as plain text, even if it spells a control token.
 */
export class PromptRenderer {
  private readonly template: Template | undefined;
  private readonly remembered = new WeakMap<readonly Message[], readonly TokenId[]>();
  private readonly guarded: ReadonlyMap<TokenId, string>;
  private readonly controlText: RegExp | undefined;

  /**
   * `control`: every token that must not come out of plain text, with its text. Some vocabularies list their control
   * tokens as ordinary added words, which the engine would parse in any text.
   */
  constructor(
    private readonly model: PromptModel,
    chatTemplate: string | undefined,
    control: ReadonlyMap<TokenId, string>,
  ) {
    this.template = chatTemplate === undefined ? undefined : new Template(chatTemplate);
    this.guarded = control;
    const texts = [...control.values()].filter((text) => text.length > 1).sort((a, b) => b.length - a.length);
    this.controlText = texts.length === 0 ? undefined : new RegExp(`(${texts.map(escaped).join('|')})`, 'g');
  }

  tokens(messages: readonly Message[]): readonly TokenId[] {
    const known = this.remembered.get(messages);
    if (known !== undefined) return known;
    const tokens = this.tokenize(this.parts(messages));
    const { bos } = this.model;
    if (bos !== undefined && this.model.prependsBos && tokens[0] !== bos.token) tokens.unshift(bos.token);
    this.remembered.set(messages, tokens);
    return tokens;
  }

  private parts(messages: readonly Message[]): Part[] {
    if (this.template === undefined)
      return [{ from: 'user', text: messages.map((message) => message.content).join('\n\n') }];
    const nonce = randomUUID();
    const rendered = this.render(
      this.template,
      messages.map((message, index) => ({
        role: message.role,
        content: `${PAD}${nonce}:${String(index)}:${PAD}`,
      })),
    );
    const parts: Part[] = [];
    let end = 0;
    for (const found of rendered.matchAll(new RegExp(`(${PAD}?)${nonce}:(\\d+):(${PAD}?)`, 'g'))) {
      const [whole, before, index, after] = found;
      let text = messages[Number(index)]?.content ?? '';
      if (before === '') text = text.trimStart();
      if (after === '') text = text.trimEnd();
      parts.push({ from: 'template', text: rendered.slice(end, found.index) }, { from: 'user', text });
      end = found.index + whole.length;
    }
    parts.push({ from: 'template', text: rendered.slice(end) });
    return parts;
  }

  private render(
    template: Template,
    messages: readonly { readonly role: string; readonly content: string }[],
  ): string {
    try {
      return template.render({
        messages,
        add_generation_prompt: true,
        bos_token: this.model.bos?.text ?? '',
        eos_token: this.model.eosText,
      });
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      const roles = messages.map((entry) => entry.role).join(', ');
      throw new PromptRefused(
        `the model's chat template does not take these messages (roles: ${roles}): ${message}`,
      );
    }
  }

  /** Plain text that touches is tokenized together, as a tokenizer sees it once control tokens are cut out. */
  private tokenize(parts: readonly Part[]): TokenId[] {
    const tokens: TokenId[] = [];
    // One by one: a long prompt has more tokens than a call may have arguments.
    const add = (more: Iterable<TokenId>): void => {
      for (const token of more) tokens.push(token);
    };
    let plain = '';
    const flush = (): void => {
      if (plain !== '') add(this.plainTokens(plain));
      plain = '';
    };
    for (const part of parts) {
      if (part.from === 'user' || this.controlText === undefined) {
        plain += part.text;
        continue;
      }
      part.text.split(this.controlText).forEach((piece, index) => {
        if (index % 2 === 0) {
          plain += piece;
          return;
        }
        flush();
        add(this.model.tokenize(piece, true));
      });
    }
    flush();
    return tokens;
  }

  private plainTokens(text: string): TokenId[] {
    const tokens = [...this.model.tokenize(text, false)];
    if (!tokens.some((token) => this.guarded.has(token)) || this.controlText === undefined) return tokens;
    // Cut inside each control word, so that no piece spells one.
    const pieces = [''];
    text.split(this.controlText).forEach((piece, index) => {
      const cut = index % 2 === 0 ? 0 : 1;
      pieces.push(`${pieces.pop() ?? ''}${piece.slice(0, cut)}`);
      if (cut === 1) pieces.push('');
      pieces.push(`${pieces.pop() ?? ''}${piece.slice(cut)}`);
    });
    return pieces.flatMap((piece) => [...this.model.tokenize(piece, false)]);
  }
}

const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
