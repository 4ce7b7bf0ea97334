# syntax=docker/dockerfile:1.15
# Api, scheduler and dashboard: docker build -f deploy/docker/server.Dockerfile -t gistpool/server:0.1.0 .
FROM node:24.11.1-bookworm-slim AS build
WORKDIR /src
COPY package.json package-lock.json ./
COPY apps/api/package.json apps/api/
COPY apps/scheduler/package.json apps/scheduler/
COPY apps/worker/package.json apps/worker/
COPY apps/cli/package.json apps/cli/
COPY apps/dashboard/package.json apps/dashboard/
COPY libs/blob/package.json libs/blob/
COPY libs/client/package.json libs/client/
COPY libs/config/package.json libs/config/
COPY libs/contracts/package.json libs/contracts/
COPY libs/core/package.json libs/core/
COPY libs/engine/package.json libs/engine/
COPY libs/queue/package.json libs/queue/
COPY libs/sim/package.json libs/sim/
COPY libs/telemetry/package.json libs/telemetry/
COPY tests/package.json tests/
# All of them, since the build needs its own; closure.mjs takes what the programs need.
RUN --mount=type=cache,target=/root/.npm npm ci --no-audit --no-fund
COPY . .
RUN node esbuild.config.mjs && node deploy/docker/closure.mjs /out api scheduler \
  && cp deploy/docker/healthy.mjs /out/ && install -m 755 deploy/docker/run.sh /out/run

FROM node:24.11.1-bookworm-slim
LABEL org.opencontainers.image.title="gistpool server" org.opencontainers.image.licenses="MIT"
ENV NODE_ENV=production GISTPOOL_DATA_DIR=/data \
  GISTPOOL_HOST=0.0.0.0 GISTPOOL_METRICS_HOST=0.0.0.0 GISTPOOL_METRICS_PORT=9464
RUN install -d -o 10001 -g 10001 /data
WORKDIR /app
COPY --from=build /out /app
USER 10001:10001
EXPOSE 7410 9464
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s CMD ["node", "/app/healthy.mjs"]
ENTRYPOINT ["/app/run"]
CMD ["api"]
