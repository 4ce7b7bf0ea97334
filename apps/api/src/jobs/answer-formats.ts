import type { AnswerFormat, JobRequest, ModelInfo } from '@gistpool/contracts';
import { ApiError, unavailable } from '../http/api-error';
import type { Pool } from '../pool';

const PARAM = 'sampling.answer_format';

/** Formats that answers are to be held to: only the engine of a model knows whether it can. */
export class AnswerFormats {
  constructor(private readonly pool: Pool) {}

  /** Of each request whose format cannot be kept, why. The same format is asked about once. */
  async problems(
    chosen: readonly { readonly request: JobRequest; readonly model: ModelInfo | ApiError }[],
    timeoutMs: number,
  ): Promise<Map<JobRequest, ApiError>> {
    const problems = new Map<JobRequest, ApiError>();
    const asked = new Map<string, Promise<ApiError | undefined>>();
    for (const { request, model } of chosen) {
      const format = request.sampling.answer_format;
      if (format === undefined || model instanceof ApiError) continue;
      const key = JSON.stringify([model.name, format]);
      const answer = asked.get(key) ?? this.problem(model, format, timeoutMs);
      asked.set(key, answer);
      const problem = await answer;
      if (problem !== undefined) problems.set(request, problem);
    }
    return problems;
  }

  private async problem(
    model: ModelInfo,
    format: AnswerFormat,
    timeoutMs: number,
  ): Promise<ApiError | undefined> {
    const isPlain = model.method === 'vanilla' || model.method === 'window';
    if (model.marks_answer === false && !isPlain)
      return refused(`${model.name} does not mark where its answer begins, so nothing can be held to a form`);
    const problems = await this.pool.tokenCounts.formatProblems(model.name, [format], timeoutMs);
    if (problems === undefined)
      return unavailable(
        `no worker of ${model.name} answered in time; nothing was stored, send the request again`,
      );
    const [problem] = problems;
    return problem === null || problem === undefined ? undefined : refused(problem);
  }
}

const refused = (reason: string): ApiError =>
  new ApiError(400, 'invalid_request', `${PARAM}: ${reason}`, PARAM);
