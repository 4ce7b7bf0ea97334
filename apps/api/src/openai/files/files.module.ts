import { Module } from '@nestjs/common';
import { Files } from './files';
import { FilesController } from './files.controller';
import { Upload } from './upload';

@Module({ controllers: [FilesController], providers: [Files, Upload], exports: [Files] })
export class FilesModule {}
