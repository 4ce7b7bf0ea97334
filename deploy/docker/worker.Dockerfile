# syntax=docker/dockerfile:1.15
# Workers, with the engine's library for pools that sessions share:
#   docker build -f deploy/docker/worker.Dockerfile --target cpu  -t gistpool/worker:0.1.0-cpu .
#   docker build -f deploy/docker/worker.Dockerfile --target cuda -t gistpool/worker:0.1.0-cuda .
FROM node:24.11.1-bookworm-slim AS build
WORKDIR /src
# hadolint ignore=DL3008
RUN apt-get update && apt-get install -y --no-install-recommends git cmake g++ make ninja-build ca-certificates \
  && rm -rf /var/lib/apt/lists/*
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
RUN --mount=type=cache,target=/root/.npm npm ci --no-audit --no-fund
COPY . .
RUN node esbuild.config.mjs
ENV GISTPOOL_ENGINE_CACHE=/engine

FROM build AS build-cpu
RUN node dist/cli/main.js engine build --backend cpu --nice 0 \
  && node deploy/docker/closure.mjs /out worker --native @node-llama-cpp/linux-x64 \
  && cp deploy/docker/healthy.mjs deploy/docker/download.mjs /out/ && install -m 755 deploy/docker/run.sh /out/run \
  && mkdir /out/models && cp models/gistpool-nano-*.gguf /out/models/

# Only libllama is compiled; the kernels come with the package, so no CUDA toolkit is needed.
FROM build AS build-cuda
RUN node dist/cli/main.js engine build --backend cuda --nice 0 \
  && node deploy/docker/closure.mjs /out worker --native @node-llama-cpp/linux-x64,@node-llama-cpp/linux-x64-cuda \
  && cp deploy/docker/healthy.mjs deploy/docker/download.mjs /out/ && install -m 755 deploy/docker/run.sh /out/run \
  && mkdir /out/models && cp models/gistpool-nano-*.gguf /out/models/

FROM node:24.11.1-bookworm-slim AS cpu
LABEL org.opencontainers.image.title="gistpool worker (CPU)" org.opencontainers.image.licenses="MIT"
ENV NODE_ENV=production GISTPOOL_DATA_DIR=/data GISTPOOL_ENGINE_CACHE=/engine GISTPOOL_DEVICE=cpu HOME=/tmp \
  GISTPOOL_METRICS_HOST=0.0.0.0 GISTPOOL_METRICS_PORT=9464
RUN install -d -o 10001 -g 10001 /data
WORKDIR /app
COPY --from=build-cpu /engine /engine
COPY --from=build-cpu /out /app
USER 10001:10001
EXPOSE 9464
# Loading a large model takes minutes; the probe's server listens from the start.
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s CMD ["node", "/app/healthy.mjs"]
ENTRYPOINT ["/app/run"]
CMD ["worker"]

# The package's kernels are of CUDA 13: libcudart and libcublas are this image's, libcuda is the host's driver's.
FROM nvidia/cuda:13.0.1-runtime-ubuntu24.04 AS cuda
LABEL org.opencontainers.image.title="gistpool worker (CUDA)" org.opencontainers.image.licenses="MIT"
ENV NODE_ENV=production GISTPOOL_DATA_DIR=/data GISTPOOL_ENGINE_CACHE=/engine GISTPOOL_DEVICE=cuda HOME=/tmp \
  GISTPOOL_METRICS_HOST=0.0.0.0 GISTPOOL_METRICS_PORT=9464 \
  NVIDIA_VISIBLE_DEVICES=all NVIDIA_DRIVER_CAPABILITIES=compute,utility
# hadolint ignore=DL3008
RUN apt-get update && apt-get install -y --no-install-recommends libstdc++6 && rm -rf /var/lib/apt/lists/* \
  && install -d -o 10001 -g 10001 /data
COPY --from=build /usr/local/bin/node /usr/local/bin/node
WORKDIR /app
COPY --from=build-cuda /engine /engine
COPY --from=build-cuda /out /app
USER 10001:10001
EXPOSE 9464
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s CMD ["node", "/app/healthy.mjs"]
ENTRYPOINT ["/app/run"]
CMD ["worker"]
