import type { TokenId } from '@gistpool/core';
import type { EngineModel } from './binding';
import type { ModelFile } from './model-file';
import type { ModelPolicy } from './policy';
import { PromptRenderer } from './prompt';
import { TokenText } from './text';

/** A loaded model with all that sessions need to know of it. */
export class ServedModel {
  readonly endTokens: readonly TokenId[];
  readonly prompts: PromptRenderer;
  readonly text: TokenText;
  /** Some token that is not special. */
  readonly plainToken: TokenId;
  /** Tokens with a part in the method or the chat, ends excepted. Their names are text to a grammar. */
  readonly controlTokens: readonly TokenId[];

  constructor(
    readonly file: ModelFile,
    readonly method: ModelPolicy,
    readonly engine: EngineModel,
  ) {
    this.endTokens = [...file.vocabulary.keys()].filter((token) => engine.endsGeneration(token));
    const special = [...file.vocabulary.keys()].filter((token) => engine.isSpecial(token));
    const control = new Set([...method.controlTokens, ...this.endTokens, ...special]);
    const ends = new Set(this.endTokens);
    this.controlTokens = [...control].filter((token) => !ends.has(token));
    this.prompts = new PromptRenderer(
      engine,
      file.chatTemplate,
      new Map([...control].map((token) => [token, file.vocabulary[token] ?? ''])),
    );
    this.plainToken = engine.tokenize('a', false)[0] ?? 0;
    this.text = new TokenText(engine, new Set([...method.controlTokens, ...this.endTokens]));
  }
}
