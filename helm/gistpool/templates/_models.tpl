{{/* (list $ model): the GGUF file as a worker sees it. Bundled models are part of the image. */}}
{{- define "gistpool.model.path" -}}
{{- $model := index (index . 0).Values.models (index . 1) -}}
{{- if $model.bundled }}/app/models/{{ $model.file }}{{ else }}/models/{{ $model.file }}{{ end -}}
{{- end -}}

{{/* (list $ model): the volume that it lies in; nothing where the image holds it. */}}
{{- define "gistpool.model.volume" -}}
{{- $model := index (index . 0).Values.models (index . 1) -}}
{{- if not $model.bundled }}
- name: model
  {{- if $model.claim }}
  persistentVolumeClaim: { claimName: {{ $model.claim }}, readOnly: true }
  {{- else if $model.hostPath }}
  hostPath: { path: {{ $model.hostPath }}, type: Directory }
  {{- else if $model.image }}
  image: { reference: {{ $model.image }}, pullPolicy: IfNotPresent }
  {{- else }}
  emptyDir: { sizeLimit: {{ $model.download.size }} }
  {{- end }}
{{- end }}
{{- end -}}

{{/* (list $ model image): before a worker starts its model is fetched, and refused unless it is the very file. */}}
{{- define "gistpool.model.download" -}}
{{- $root := index . 0 -}}
{{- $name := index . 1 -}}
{{- $model := index $root.Values.models $name -}}
{{- with $model.download }}
initContainers:
  - name: download
    image: {{ index $ 2 }}
    imagePullPolicy: {{ $root.Values.image.pullPolicy }}
    args: [download]
    env:
      - name: MODEL_URL
        value: {{ .url | quote }}
      - name: MODEL_SHA256
        value: {{ .sha256 | quote }}
      - name: MODEL_FILE
        value: {{ include "gistpool.model.path" (list $root $name) }}
    resources: { requests: { cpu: 100m, memory: 128Mi }, limits: { memory: 512Mi } }
    securityContext: {{- include "gistpool.containerSecurity" $root | nindent 6 }}
    volumeMounts:
      - { name: model, mountPath: /models }
      - { name: tmp, mountPath: /tmp }
{{- end }}
{{- end -}}
