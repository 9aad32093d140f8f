console.log('structure: not checked yet');
