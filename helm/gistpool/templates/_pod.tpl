{{/* What every container of ours runs under; pod security "restricted" asks for all of it. */}}
{{- define "gistpool.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: { drop: [ALL] }
{{- end -}}

{{/* (list uid) */}}
{{- define "gistpool.podSecurity" -}}
runAsNonRoot: true
runAsUser: {{ index . 0 }}
runAsGroup: {{ index . 0 }}
fsGroup: {{ index . 0 }}
fsGroupChangePolicy: OnRootMismatch
seccompProfile: { type: RuntimeDefault }
{{- end -}}

{{/* A grace in seconds for what needs so many to stop: 30 on top, since a busy node is slow. */}}
{{- define "gistpool.grace" -}}
{{- $drainSeconds := dict "api" 15 "scheduler" 10 "worker" 10 "redis" 30 -}}
terminationGracePeriodSeconds: {{ add 30 (index $drainSeconds .) }}
{{- end -}}

{{/* (dict "root" $ "of" component-values "settings" (list of maps)) : the environment of one of our processes. */}}
{{- define "gistpool.env" -}}
{{- $root := .root -}}
{{- include "gistpool.redis.env" $root }}
- name: GISTPOOL_DATA_DIR
  value: /data
{{- with $root.Values.blobs.s3.url }}
- name: GISTPOOL_BLOB_URL
  value: {{ . | quote }}
{{- with $root.Values.blobs.s3.endpoint }}
- name: GISTPOOL_S3_ENDPOINT
  value: {{ . | quote }}
{{- end }}
{{- with $root.Values.blobs.s3.region }}
- name: AWS_REGION
  value: {{ . | quote }}
{{- end }}
{{- with $root.Values.blobs.s3.existingSecret }}
{{- range $key := list "AWS_ACCESS_KEY_ID" "AWS_SECRET_ACCESS_KEY" }}
- name: {{ $key }}
  valueFrom:
    secretKeyRef: { name: {{ $root.Values.blobs.s3.existingSecret }}, key: {{ $key }} }
{{- end }}
{{- end }}
{{- end }}
{{- with $root.Values.tracing.endpoint }}
- name: OTEL_EXPORTER_OTLP_ENDPOINT
  value: {{ . | quote }}
{{- end }}
{{- $settings := dict }}
{{- range .settings }}{{ $settings = merge $settings . }}{{ end }}
{{- range $name, $value := $settings }}
- name: {{ $name }}
  value: {{ include "gistpool.text" $value | quote }}
{{- end }}
{{- with $root.Values.extraEnv }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{/* Metrics and probes of the processes that are no servers. */}}
{{- define "gistpool.probePort" -}}
- name: GISTPOOL_METRICS_PORT
  value: '9464'
- name: GISTPOOL_METRICS_HOST
  value: {{ .Values.listenHost | quote }}
{{- end -}}

{{/* Of the api and the workers, which keep results and files; the scheduler has to do with neither. */}}
{{- define "gistpool.blobMount" -}}
{{- if .Values.blobs.volume.enabled }}
- { name: blobs, mountPath: /data/blobs }
{{- end }}
{{- end -}}

{{- define "gistpool.blobVolume" -}}
{{- if .Values.blobs.volume.enabled }}
- name: blobs
  persistentVolumeClaim:
    claimName: {{ default (printf "%s-blobs" (include "gistpool.fullname" .)) .Values.blobs.volume.existingClaim }}
{{- end }}
{{- end -}}

{{- define "gistpool.mounts" -}}
- { name: tmp, mountPath: /tmp }
- { name: data, mountPath: /data }
{{- if .Values.redis.ca.secretName }}
- { name: ca, mountPath: /etc/gistpool/ca, readOnly: true }
{{- end }}
{{- end -}}

{{- define "gistpool.volumes" -}}
- { name: tmp, emptyDir: {} }
- { name: data, emptyDir: {} }
{{- with .Values.redis.ca.secretName }}
- { name: ca, secret: { secretName: {{ . }} } }
{{- end }}
{{- end -}}

{{/* (list $ component-values): where its pods may run. */}}
{{- define "gistpool.placement" -}}
{{- $root := index . 0 -}}
serviceAccountName: {{ include "gistpool.fullname" $root }}
automountServiceAccountToken: false
enableServiceLinks: false
{{- with $root.Values.image.pullSecrets }}
imagePullSecrets:
  {{- range . }}
  - name: {{ . }}
  {{- end }}
{{- end }}
{{- with index . 1 }}
{{- with .priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- with .nodeSelector }}
nodeSelector: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .tolerations }}
tolerations: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .affinity }}
affinity: {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}
{{- end -}}

{{/* Two of one kind on one node would go together with it. (list $ component) */}}
{{- define "gistpool.spread" -}}
topologySpreadConstraints:
  - maxSkew: 1
    topologyKey: kubernetes.io/hostname
    whenUnsatisfiable: ScheduleAnyway
    labelSelector:
      matchLabels: {{- include "gistpool.selector" . | nindent 8 }}
{{- end -}}

{{/* (list $ component [pool]) */}}
{{- define "gistpool.budget" -}}
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  name: {{ join "-" (prepend (rest .) (include "gistpool.fullname" (first .))) }}
  labels: {{- include "gistpool.labels" . | nindent 4 }}
spec:
  maxUnavailable: 1
  selector:
    matchLabels: {{- include "gistpool.selector" . | nindent 6 }}
{{- end -}}
