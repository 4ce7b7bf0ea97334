{{- define "gistpool.redis.host" -}}
{{ include "gistpool.fullname" . }}-redis.{{ .Release.Namespace }}.svc
{{- end -}}

{{- define "gistpool.redis.passwordSecret" -}}
{{- default (printf "%s-redis" (include "gistpool.fullname" .)) .Values.redis.embedded.existingSecret.name -}}
{{- end -}}

{{/* Environment entries that end in GISTPOOL_REDIS_URL. */}}
{{- define "gistpool.redis.env" -}}
{{- $external := .Values.redis.external -}}
{{- if .Values.redis.embedded.enabled }}
- name: REDIS_PASSWORD
  valueFrom:
    secretKeyRef:
      name: {{ include "gistpool.redis.passwordSecret" . }}
      key: {{ .Values.redis.embedded.existingSecret.passwordKey }}
- name: GISTPOOL_REDIS_URL
  value: redis://:$(REDIS_PASSWORD)@{{ include "gistpool.redis.host" . }}:6379
{{- else if $external.existingSecret.name }}
- name: GISTPOOL_REDIS_URL
  valueFrom:
    secretKeyRef:
      name: {{ $external.existingSecret.name }}
      key: {{ $external.existingSecret.urlKey }}
{{- else }}
- name: GISTPOOL_REDIS_URL
  value: {{ $external.url | quote }}
{{- end }}
- name: GISTPOOL_REDIS_PREFIX
  value: {{ .Values.redis.prefix | quote }}
{{- if .Values.redis.ca.secretName }}
- name: NODE_EXTRA_CA_CERTS
  value: /etc/gistpool/ca/{{ .Values.redis.ca.key }}
{{- end }}
{{- end -}}

{{/*
The key of a queue's jobs: (list $ model tenant "wait"|"prioritized"). Nothing else in this chart names a key of Redis.
A queue is one of a model and a tenant; dots of the tenant become ~ (libs/queue/src/names.ts).
*/}}
{{- define "gistpool.redis.queueKey" -}}
{{- $root := index . 0 -}}
{{- printf "%s:bull:reasoning.%s.%s:%s" $root.Values.redis.prefix (index . 1) (index . 2 | replace "." "~") (index . 3) -}}
{{- end -}}

{{/* Whether KEDA can be told how to reach Redis itself: not by a URL that only a secret knows. */}}
{{- define "gistpool.redis.kedaReaches" -}}
{{- $external := .Values.redis.external -}}
{{- if or .Values.redis.embedded.enabled $external.url $external.existingSecret.addressKey }}true{{ end -}}
{{- end -}}

{{/* Metadata of KEDA's redis trigger that say where Redis is; secrets come by the TriggerAuthentication. */}}
{{- define "gistpool.redis.kedaAddress" -}}
{{- $external := .Values.redis.external -}}
{{- if .Values.redis.embedded.enabled }}
address: {{ include "gistpool.redis.host" . }}:6379
{{- else if $external.url }}
{{- $parts := urlParse $external.url }}
address: {{ ternary $parts.host (printf "%s:6379" $parts.host) (regexMatch ":[0-9]+$" $parts.host) }}
enableTLS: {{ eq $parts.scheme "rediss" | quote }}
{{- with trimPrefix "/" $parts.path }}
databaseIndex: {{ . | quote }}
{{- end }}
{{- else }}
enableTLS: {{ $external.existingSecret.tls | quote }}
{{- end }}
{{- end -}}

{{/* What KEDA's redis trigger takes from secrets; nothing where there are none. */}}
{{- define "gistpool.redis.kedaSecrets" -}}
{{- $external := .Values.redis.external.existingSecret -}}
{{- $from := list -}}
{{- if .Values.redis.embedded.enabled -}}
{{- $from = append $from (dict "parameter" "password" "name" (include "gistpool.redis.passwordSecret" .) "key" .Values.redis.embedded.existingSecret.passwordKey) -}}
{{- else if $external.name -}}
{{- range $parameter, $key := dict "address" $external.addressKey "username" $external.usernameKey "password" $external.passwordKey -}}
{{- if $key -}}
{{- $from = append $from (dict "parameter" $parameter "name" $external.name "key" $key) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- if .Values.redis.ca.secretName -}}
{{- $from = append $from (dict "parameter" "ca" "name" .Values.redis.ca.secretName "key" .Values.redis.ca.key) -}}
{{- end -}}
{{- if $from }}{{ toYaml $from }}{{ end -}}
{{- end -}}
